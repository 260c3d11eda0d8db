#include "tokenizer/textstream.h"
