// The only includer of qcustomplot.h. That header is written for Qt's keywords, which this project
// turns off (QT_NO_KEYWORDS), so they are lent to it for its own length. It is heavy: headers
// forward-declare what they name of it and leave the include to their .cpp.
#pragma once

#include <QObject> // Q_SIGNALS and Q_FOREACH must exist first

#define signals Q_SIGNALS
#define foreach Q_FOREACH
#include <qcustomplot.h>
#undef foreach
#undef signals
