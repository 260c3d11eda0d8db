#include "model/modelconfig.h"
