#include "exchange/runexport.h"
