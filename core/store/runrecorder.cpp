#include "store/runrecorder.h"
