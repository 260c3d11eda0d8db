// What a plan is about to measure, and with which model: asked before hours of work begin.
#pragma once

#include "eval/plan.h"

#include <QDialog>

#include <vector>

class QCheckBox;
class QFormLayout;

namespace halftone::ui {

class ModelBox;
class ModelList;

class PlanDialog : public QDialog
{
    Q_OBJECT

public:
    /// `model` is the folder that the plan names, or, where it names none, the one that is offered
    /// first. `unfinished` says how far an earlier evaluation of this plan has come; empty: there
    /// is none to go on with.
    PlanDialog(const std::vector<EvaluationPlan>& plans, ModelList* models, const QString& model,
               const QString& unfinished, QWidget* parent);

    [[nodiscard]] QString model() const;
    [[nodiscard]] bool resumes() const;

private:
    void addModel(QFormLayout* form, bool named, ModelList* models);

    QString m_model;
    ModelBox* m_modelBox = nullptr; // null: the plan names the model
    QCheckBox* m_resume;
};

} // namespace halftone::ui
