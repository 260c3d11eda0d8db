#include "plots/plotdata.h"

#include "models/stepwords.h"

namespace halftone::ui {

QString exactText(const QVariant& value)
{
    if (value.typeId() == QMetaType::Double)
        return exactNumber(value.toDouble());
    if (value.typeId() == QMetaType::Float)
        return exactNumber(value.toFloat());
    return value.toString();
}

} // namespace halftone::ui
