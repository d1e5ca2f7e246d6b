/* Stands for NVIDIA's library: it opens the devices that the real one opens, and has memory instead of a GPU's. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int opened(const char *path) {
  int handle = open(path, O_RDWR);
  return handle >= 0 && close(handle) == 0;
}

/* 100 is CUDA_ERROR_NO_DEVICE. */
int cuInit(unsigned flags) {
  (void)flags;
  return opened("/dev/nvidiactl") && opened("/dev/nvidia0") && opened("/dev/nvidia-uvm") ? 0 : 100;
}
int cuGetErrorName(int code, const char **text) {
  *text = code == 100 ? "CUDA_ERROR_NO_DEVICE" : "CUDA_ERROR_UNKNOWN";
  return 0;
}
int cuDeviceGet(int *device, int ordinal) { return *device = ordinal, 0; }
int cuDeviceGetName(char *name, int length, int device) {
  (void)device;
  return strncpy(name, "NVIDIA L4", length), 0;
}
int cuDevicePrimaryCtxRetain(void **context, int device) {
  (void)device;
  return *context = (void *)1, 0;
}
int cuCtxSetCurrent(void *context) { return context == (void *)1 ? 0 : 201; }
int cuMemAlloc_v2(unsigned long long *pointer, size_t size) {
  *pointer = (unsigned long long)malloc(size);
  return *pointer == 0 ? 2 : 0;
}
/* A GPU that is broken writes nothing. */
int cuMemsetD8_v2(unsigned long long pointer, unsigned char value, size_t size) {
  if (access("/run/broken-gpu", F_OK) != 0) memset((void *)pointer, value, size);
  return 0;
}
int cuCtxSynchronize(void) { return 0; }
int cuMemcpyDtoH_v2(void *to, unsigned long long from, size_t size) { return memcpy(to, (void *)from, size), 0; }
