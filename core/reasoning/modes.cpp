#include "reasoning/modes.h"
