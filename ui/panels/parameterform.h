// The form of a mode's settings, made of the mode's own description of its parameters: a field a
// parameter with its range, unit and help, headings for groups, a button back to the default. A
// parameter whose default is another one's value can follow that one or have its own.
#pragma once

#include "reasoning/parameters.h"

#include <QHash>
#include <QString>
#include <QWidget>

#include <memory>
#include <span>
#include <vector>

class QGridLayout;

namespace halftone::ui {

class ParameterForm : public QWidget
{
    Q_OBJECT

public:
    explicit ParameterForm(QWidget* parent = nullptr);
    ~ParameterForm() override;

    /// Another form, all at their defaults.
    void setParameters(std::span<const ParameterSpec> parameters);

    /// As the fields say; a parameter that follows another is absent.
    [[nodiscard]] ParameterValues values() const;
    /// What `values` lacks goes to its default, names that are not in the form are left out, and
    /// numbers out of range are brought into it.
    void setValues(const ParameterValues& values);
    void resetToDefaults();

    /// The field of a parameter (a spin box, check box, combo box, order list or line edit); its object name is
    /// "parameter." and the parameter's name.
    [[nodiscard]] QWidget* field(const QString& name) const;

Q_SIGNALS:
    void changed();

private:
    class Field;
    void addHeading(const QString& group, QGridLayout* grid);
    void fieldChanged();
    [[nodiscard]] const Field* findField(std::string_view name) const;

    QWidget* m_content = nullptr;
    std::vector<std::unique_ptr<Field>> m_fields;
};

} // namespace halftone::ui
