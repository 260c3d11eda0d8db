#include "format/modelfolder.h"
