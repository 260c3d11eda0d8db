#include "store/sessionstore.h"
