#include "reasoning/parameters.h"
