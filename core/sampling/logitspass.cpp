#include "sampling/logitspass.h"
