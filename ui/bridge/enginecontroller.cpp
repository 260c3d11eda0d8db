#include "bridge/enginecontroller.h"

// Completes the type that the header's unique_ptr needs.
class halftone::ui::EngineController::Worker
{
};
