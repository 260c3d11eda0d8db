// Stands for a libhalftone-torch.so that another version of the program left behind.
extern "C" {
const char* halftone_torch_version()
{
    return "0.0.1-old";
}
void halftone_torch_load() {}
}
