// The whole native side of the binding: a C interface over libtorch, small because operators are called by name.
//
// Conventions
//   - Every function that can fail returns a status, LT_OK or LT_FAILED; nothing is thrown across. After LT_FAILED,
//     lt_last_error() is the reason. That text belongs to the calling thread's last failure and is freed by this side.
//   - A tensor handle given out by a function is the caller's, to be given back with lt_tensor_free.
//   - Integers have fixed sizes. Names match those of Interop/NativeMethods.cs.
#pragma once

#include <cstdint>

#define LT_EXPORT extern "C" __attribute__((visibility("default")))

// Raised whenever this interface changes, so that a library left over from an older build is noticed when it is loaded.
constexpr int32_t LT_INTERFACE = 2;

constexpr int32_t LT_OK = 0;
constexpr int32_t LT_FAILED = 1;

struct lt_tensor;
struct lt_operator;

// What an argument of an operator holds, and how lt_value's bits are read.
enum lt_kind : int32_t {
  LT_NONE = 0,     // nothing: an optional argument that is not given
  LT_TENSOR = 1,   // bits: lt_tensor*
  LT_INT = 2,      // bits: int64_t; also an element type, a reduction, a layout
  LT_DOUBLE = 3,   // bits: double
  LT_BOOL = 4,     // bits: 0 or 1
  LT_INTS = 5,     // bits: const int64_t*, length of them
  LT_TENSORS = 6,  // bits: lt_tensor* const*, length of them
  LT_DEVICE = 7,   // bits: the device's type; length: its index, -1 for the current one
};

struct lt_value {
  int32_t kind;
  int32_t length;
  int64_t bits;
};

// A tensor's description. The pointers are into the tensor and hold until it is resized or freed.
struct lt_tensor_info {
  const int64_t* sizes;
  const int64_t* strides;
  void* data;  // null where the tensor has no elements
  int64_t elements;
  int32_t dimensions;
  int32_t element_type;
  int32_t element_size;
  int32_t device_type;
  int32_t device_index;
  int32_t is_contiguous;
  int32_t requires_grad;
  int32_t is_leaf;
};

LT_EXPORT int32_t lt_interface();
LT_EXPORT const char* lt_libtorch_version();
LT_EXPORT const char* lt_last_error();
LT_EXPORT int64_t lt_live_tensors();

// An operator lives as long as the process. `overload` is empty for an operator's plain form.
LT_EXPORT int32_t lt_operator_find(const char* name, const char* overload, lt_operator** found);

// Calls an operator. Arguments left out at the end take the schema's defaults. With capacity 0 the results are dropped (an
// operator that works in place returns its first argument again); otherwise exactly `capacity` tensors are expected.
LT_EXPORT int32_t lt_call(const lt_operator* callee, const lt_value* arguments, int32_t count, lt_tensor** results, int32_t capacity);

LT_EXPORT void lt_tensor_free(lt_tensor* tensor);
// A second handle to the same tensor, not a view of it: its gradient is the same, too.
LT_EXPORT int32_t lt_tensor_share(const lt_tensor* tensor, lt_tensor** shared);
LT_EXPORT int32_t lt_tensor_describe(const lt_tensor* tensor, lt_tensor_info* info);

LT_EXPORT int32_t lt_tensor_set_requires_grad(const lt_tensor* tensor, int32_t requires_grad);
// `grad` is null where there is none.
LT_EXPORT int32_t lt_tensor_grad(const lt_tensor* tensor, lt_tensor** grad);
LT_EXPORT int32_t lt_tensor_set_grad(const lt_tensor* tensor, const lt_tensor* grad);
// `gradient` may be null for a tensor of one element.
LT_EXPORT int32_t lt_tensor_backward(const lt_tensor* tensor, const lt_tensor* gradient, int32_t retain_graph, int32_t create_graph);

// The other side's half of a function with a gradient of its own. `lt_backward` is called during a backward pass, on whichever
// thread that runs: it takes over `gradient`, that of the function's result, and gives `count` handles, one an input, in
// `gradients`, which are then this side's; null stands for zero. Where it fails it gives none and writes the reason to `reason`.
// `lt_release` is called once, when no backward pass can come any more.
typedef int32_t (*lt_backward)(void* state, lt_tensor* gradient, lt_tensor** gradients, int32_t count, char* reason, int32_t capacity);
typedef void (*lt_release)(void* state);

// A second handle to what `result` holds, recorded as computed from `inputs` by a function with this backward. `state` is released
// also where this fails.
LT_EXPORT int32_t lt_function_record(
    const lt_tensor* result, lt_tensor* const* inputs, int32_t count, lt_backward backward, lt_release release, void* state,
    lt_tensor** recorded);

// Whether this thread records what is needed for gradients.
LT_EXPORT int32_t lt_grad_mode();
LT_EXPORT void lt_set_grad_mode(int32_t enabled);

LT_EXPORT int32_t lt_threads();
LT_EXPORT int32_t lt_set_threads(int32_t threads);
LT_EXPORT int32_t lt_interop_threads();
LT_EXPORT int32_t lt_set_interop_threads(int32_t threads);
LT_EXPORT int32_t lt_manual_seed(int64_t seed);
// 0 where libtorch was built without CUDA or finds no device.
LT_EXPORT int32_t lt_cuda_devices(int32_t* devices);
