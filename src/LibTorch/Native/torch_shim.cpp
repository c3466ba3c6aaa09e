#include "torch_shim.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <atomic>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

std::atomic<int64_t> live_tensors{0};
thread_local std::string last_error;

}  // namespace

struct lt_tensor {
  explicit lt_tensor(at::Tensor tensor) : value(std::move(tensor)) { live_tensors.fetch_add(1, std::memory_order_relaxed); }
  ~lt_tensor() { live_tensors.fetch_sub(1, std::memory_order_relaxed); }
  lt_tensor(const lt_tensor&) = delete;
  lt_tensor& operator=(const lt_tensor&) = delete;

  at::Tensor value;
};

struct lt_operator {
  c10::OperatorHandle handle;
};

namespace {

// The one place where an exception becomes a status.
template <typename Body>
int32_t guarded(Body&& body) noexcept {
  try {
    body();
    return LT_OK;
  } catch (const c10::Error& error) {
    last_error = error.what_without_backtrace();
  } catch (const std::exception& error) {
    last_error = error.what();
  } catch (...) {
    last_error = "an exception of unknown type";
  }
  return LT_FAILED;
}

c10::IValue to_ivalue(const lt_value& value) {
  switch (value.kind) {
    case LT_NONE:
      return c10::IValue();
    case LT_TENSOR:
      return reinterpret_cast<const lt_tensor*>(value.bits)->value;
    case LT_INT:
      return value.bits;
    case LT_DOUBLE: {
      double number;
      static_assert(sizeof(number) == sizeof(value.bits), "a double travels as its bits");
      std::memcpy(&number, &value.bits, sizeof(number));
      return number;
    }
    case LT_BOOL:
      return value.bits != 0;
    case LT_INTS: {
      const auto* first = reinterpret_cast<const int64_t*>(value.bits);
      return c10::IValue(c10::ArrayRef<int64_t>(first, static_cast<size_t>(value.length)));
    }
    case LT_TENSORS: {
      const auto* first = reinterpret_cast<lt_tensor* const*>(value.bits);
      c10::List<at::Tensor> tensors;
      tensors.reserve(static_cast<size_t>(value.length));
      for (int32_t i = 0; i < value.length; i++) tensors.push_back(first[i]->value);
      return tensors;
    }
    case LT_DEVICE:
      return c10::Device(static_cast<c10::DeviceType>(value.bits), static_cast<c10::DeviceIndex>(value.length));
  }
  TORCH_CHECK(false, "an argument of kind ", value.kind, ", which this library does not know");
}

}  // namespace

int32_t lt_interface() { return LT_INTERFACE; }

const char* lt_libtorch_version() { return TORCH_VERSION; }

const char* lt_last_error() { return last_error.c_str(); }

int64_t lt_live_tensors() { return live_tensors.load(std::memory_order_relaxed); }

int32_t lt_operator_find(const char* name, const char* overload, lt_operator** found) {
  return guarded([&] { *found = new lt_operator{c10::Dispatcher::singleton().findSchemaOrThrow(name, overload)}; });
}

int32_t lt_call(const lt_operator* callee, const lt_value* arguments, int32_t count, lt_tensor** results, int32_t capacity) {
  return guarded([&] {
    const auto& parameters = callee->handle.schema().arguments();
    TORCH_CHECK(static_cast<size_t>(count) <= parameters.size(), "got ", count, " arguments for ", callee->handle.schema());

    torch::jit::Stack stack;
    stack.reserve(parameters.size());
    for (int32_t i = 0; i < count; i++) stack.push_back(to_ivalue(arguments[i]));
    for (size_t i = static_cast<size_t>(count); i < parameters.size(); i++) {
      const auto& fallback = parameters[i].default_value();
      TORCH_CHECK(fallback.has_value(), "the argument '", parameters[i].name(), "' is missing for ", callee->handle.schema());
      stack.push_back(*fallback);
    }

    callee->handle.callBoxed(&stack);

    if (capacity == 0) return;
    TORCH_CHECK(stack.size() == static_cast<size_t>(capacity), capacity, " results expected of ", callee->handle.schema());
    // Every result is taken before the first handle is made, so that a failure here leaves none behind.
    for (const auto& result : stack) TORCH_CHECK(result.isTensor(), "only tensors are expected of ", callee->handle.schema());
    for (int32_t i = 0; i < capacity; i++) results[i] = new lt_tensor(std::move(stack[static_cast<size_t>(i)]).toTensor());
  });
}

void lt_tensor_free(lt_tensor* tensor) { delete tensor; }

int32_t lt_tensor_share(const lt_tensor* tensor, lt_tensor** shared) {
  return guarded([&] { *shared = new lt_tensor(tensor->value); });
}

int32_t lt_tensor_describe(const lt_tensor* tensor, lt_tensor_info* info) {
  return guarded([&] {
    const at::Tensor& value = tensor->value;
    info->sizes = value.sizes().data();
    info->strides = value.strides().data();
    info->elements = value.numel();
    info->data = info->elements == 0 ? nullptr : value.data_ptr();
    info->dimensions = static_cast<int32_t>(value.dim());
    info->element_type = static_cast<int32_t>(value.scalar_type());
    info->element_size = static_cast<int32_t>(value.element_size());
    info->device_type = static_cast<int32_t>(value.device().type());
    info->device_index = value.device().index();
    info->is_contiguous = value.is_contiguous();
    info->requires_grad = value.requires_grad();
    info->is_leaf = value.is_leaf();
  });
}

int32_t lt_tensor_set_requires_grad(const lt_tensor* tensor, int32_t requires_grad) {
  return guarded([&] {
    TORCH_CHECK(
        requires_grad != 0 || tensor->value.is_leaf(),
        "requires_grad can only be switched off for a leaf; take detach() of what an operation made");
    tensor->value.set_requires_grad(requires_grad != 0);
  });
}

int32_t lt_tensor_grad(const lt_tensor* tensor, lt_tensor** grad) {
  return guarded([&] {
    const at::Tensor& value = tensor->value.grad();
    *grad = value.defined() ? new lt_tensor(value) : nullptr;
  });
}

int32_t lt_tensor_set_grad(const lt_tensor* tensor, const lt_tensor* grad) {
  return guarded([&] {
    const at::Tensor& value = tensor->value;
    if (grad == nullptr) {
      value.mutable_grad().reset();
      return;
    }
    // libtorch itself checks nothing here, and a wrong gradient would surface in some later backward pass.
    const at::Tensor& given = grad->value;
    TORCH_CHECK(given.sizes() == value.sizes(), "a gradient of shape ", given.sizes(), " for a tensor of shape ", value.sizes());
    TORCH_CHECK(
        given.scalar_type() == value.scalar_type(),
        "a gradient of type ", given.scalar_type(), " for a tensor of type ", value.scalar_type());
    TORCH_CHECK(given.device() == value.device(), "a gradient on ", given.device(), " for a tensor on ", value.device());
    value.mutable_grad() = given;
  });
}

int32_t lt_tensor_backward(const lt_tensor* tensor, const lt_tensor* gradient, int32_t retain_graph, int32_t create_graph) {
  return guarded([&] {
    tensor->value.backward(gradient == nullptr ? at::Tensor() : gradient->value, retain_graph != 0, create_graph != 0);
  });
}

namespace {

// A step of the graph whose gradient the other side computes.
struct function_node : torch::autograd::Node {
  function_node(lt_backward backward, lt_release release, void* state) : backward(backward), release(release), state(state) {}
  ~function_node() override { function_node::release_variables(); }

  void release_variables() override {
    if (void* const held = std::exchange(state, nullptr)) release(held);
  }

  std::string name() const override { return "function_node"; }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    TORCH_CHECK(state != nullptr, "this was passed through before, and what it kept is freed; retain_graph keeps it for another pass");
    torch::autograd::variable_list result(num_outputs());
    if (!gradients[0].defined()) return result;

    std::vector<lt_tensor*> handles(result.size(), nullptr);
    char reason[512] = "";
    const int32_t status = backward(
        state, new lt_tensor(std::move(gradients[0])), handles.data(), static_cast<int32_t>(handles.size()), reason, sizeof(reason));
    for (size_t i = 0; i < handles.size(); i++) {
      const std::unique_ptr<lt_tensor> handle(handles[i]);
      if (handle) result[i] = std::move(handle->value);
    }
    TORCH_CHECK(status == LT_OK, reason);
    return result;
  }

  const lt_backward backward;
  const lt_release release;
  void* state;
};

}  // namespace

int32_t lt_function_record(
    const lt_tensor* result, lt_tensor* const* inputs, int32_t count, lt_backward backward, lt_release release, void* state,
    lt_tensor** recorded) {
  return guarded([&] {
    const std::shared_ptr<function_node> node(new function_node(backward, release, state), torch::autograd::deleteNode);
    torch::autograd::variable_list variables;
    for (int32_t i = 0; i < count; i++) variables.push_back(inputs[i]->value);
    node->set_next_edges(torch::autograd::collect_next_edges(variables));
    // Detached, so that it is no view of something else that may be changed in place later.
    at::Tensor variable = result->value.detach();
    torch::autograd::set_history(variable, node);
    *recorded = new lt_tensor(std::move(variable));
  });
}

int32_t lt_grad_mode() { return c10::GradMode::is_enabled(); }

void lt_set_grad_mode(int32_t enabled) { c10::GradMode::set_enabled(enabled != 0); }

int32_t lt_threads() { return at::get_num_threads(); }

int32_t lt_set_threads(int32_t threads) {
  return guarded([&] { at::set_num_threads(threads); });
}

int32_t lt_interop_threads() { return static_cast<int32_t>(at::get_num_interop_threads()); }

int32_t lt_set_interop_threads(int32_t threads) {
  return guarded([&] { at::set_num_interop_threads(threads); });
}

int32_t lt_manual_seed(int64_t seed) {
  return guarded([&] { at::manual_seed(static_cast<uint64_t>(seed)); });
}

int32_t lt_cuda_devices(int32_t* devices) {
  // Asked through c10's table of devices: it is there, and empty, where libtorch knows no CUDA.
  return guarded([&] {
    constexpr auto cuda = c10::DeviceType::CUDA;
    *devices = c10::impl::hasDeviceGuardImpl(cuda) ? c10::impl::getDeviceGuardImpl(cuda)->deviceCount() : 0;
  });
}
