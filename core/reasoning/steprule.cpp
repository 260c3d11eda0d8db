#include "reasoning/steprule.h"
