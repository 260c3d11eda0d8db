#include "reasoning/runsettings.h"
