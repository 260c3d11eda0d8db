#include "exchange/npy.h"
