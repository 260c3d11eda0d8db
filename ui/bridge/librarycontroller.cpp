#include "bridge/librarycontroller.h"

class halftone::ui::LibraryController::Worker
{
};
