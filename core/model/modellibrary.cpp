#include "model/modellibrary.h"
