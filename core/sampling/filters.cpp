#include "sampling/filters.h"
