#include "model/languagemodel.h"
