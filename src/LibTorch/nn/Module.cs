using System.Reflection;
using LibTorch.Modules;

namespace LibTorch;

public static partial class torch
{
    /// <summary>Networks: modules and the functions that they are made of.</summary>
    public static partial class nn
    {
        /// <summary>
        /// A part of a network, with parameters, buffers and parts of its own. They are known by the name of the field that holds
        /// them, once the constructor has called <see cref="RegisterComponents"/>, or by a name given to a register method.
        /// </summary>
        public class Module : IDisposable
        {
            private readonly string _name;
            private readonly List<(string name, Parameter parameter)> _parameters = [];
            private readonly List<(string name, Tensor buffer)> _buffers = [];
            private readonly List<(string name, Module module)> _children = [];
            private bool _registered;

            /// <summary>Begins a module.</summary>
            /// <param name="name">Its name, for messages.</param>
            protected Module(string name) => _name = name;

            /// <summary>Whether the module is being trained; some norms behave differently when it is not.</summary>
            public virtual bool training { get; private set; } = true;

            /// <summary>The module's name.</summary>
            public virtual string GetName() => _name;

            /// <summary>Sets <see cref="training"/> here and in all parts.</summary>
            /// <param name="train">Whether the module is being trained.</param>
            public virtual void train(bool train = true)
            {
                training = train;
                foreach (var (_, module) in _children)
                    module.train(train);
            }

            /// <summary>The opposite of <see cref="train"/>.</summary>
            public virtual void eval() => train(false);

            /// <summary>Forgets the gradients of all parameters.</summary>
            /// <param name="set_to_none">Whether they are dropped (true) or set to zero.</param>
            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var (_, parameter) in named_parameters())
                {
                    using var grad = parameter.grad;
                    if (set_to_none)
                        parameter.grad = null;
                    else
                        grad?.zero_();
                }
            }

            /// <summary>The parameters with their names, this module's first, then part by part.</summary>
            /// <param name="recurse">Whether those of the parts are among them, as <c>part.name</c>.</param>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) =>
                _parameters.Concat(recurse ? FromChildren(child => child.named_parameters()) : []);

            /// <summary>The parameters, this module's first, then part by part.</summary>
            /// <param name="recurse">Whether those of the parts are among them.</param>
            public virtual IEnumerable<Parameter> parameters(bool recurse = true) =>
                named_parameters(recurse).Select(entry => entry.parameter);

            /// <summary>The buffers with their names, this module's first, then part by part.</summary>
            /// <param name="recurse">Whether those of the parts are among them, as <c>part.name</c>.</param>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true) =>
                _buffers.Concat(recurse ? FromChildren(child => child.named_buffers()) : []);

            /// <summary>The buffers, this module's first, then part by part.</summary>
            /// <param name="recurse">Whether those of the parts are among them.</param>
            public virtual IEnumerable<Tensor> buffers(bool recurse = true) => named_buffers(recurse).Select(entry => entry.buffer);

            /// <summary>The parts with their names.</summary>
            public virtual IEnumerable<(string name, Module module)> named_children() => _children;

            /// <summary>The parts with their names, then theirs as <c>part.name</c>.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules() =>
                _children.Concat(FromChildren(child => child.named_modules()));

            /// <summary>Names a parameter.</summary>
            /// <param name="name">Its name.</param>
            /// <param name="param">The parameter.</param>
            /// <exception cref="InvalidOperationException">There is one of that name.</exception>
            public virtual void register_parameter(string name, Parameter param) => Register(_parameters, name, param);

            /// <summary>Names a buffer: a tensor that belongs to the module's state and is not learnt.</summary>
            /// <param name="name">Its name.</param>
            /// <param name="tensor">The buffer.</param>
            /// <exception cref="InvalidOperationException">There is one of that name.</exception>
            public virtual void register_buffer(string name, Tensor tensor) => Register(_buffers, name, tensor);

            /// <summary>Names a part.</summary>
            /// <param name="name">Its name.</param>
            /// <param name="submodule">The part.</param>
            /// <exception cref="ArgumentException">The name is empty or has a dot.</exception>
            /// <exception cref="InvalidOperationException">There is one of that name.</exception>
            public virtual void register_module(string name, Module submodule)
            {
                if (name.Length == 0 || name.Contains('.', StringComparison.Ordinal))
                    throw new ArgumentException($"'{name}' cannot name a part: it is empty or has a dot.", nameof(name));
                submodule.RegisterComponents();
                Register(_children, name, submodule);
            }

            /// <summary>
            /// Names every part, parameter and buffer that a field holds after the field, those of a base class last. The last thing
            /// that a module's constructor does.
            /// </summary>
            protected virtual void RegisterComponents()
            {
                if (_registered)
                    return;
                _registered = true;

                const BindingFlags Fields =
                    BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;
                for (var type = GetType(); type is not null && type != typeof(Module); type = type.BaseType)
                {
                    foreach (var field in type.GetFields(Fields).Where(field => !IsNamed(field.Name)))
                    {
                        switch (field.GetValue(this))
                        {
                            case Module module:
                                register_module(field.Name, module);
                                break;
                            case Parameter parameter:
                                register_parameter(field.Name, parameter);
                                break;
                            case Tensor tensor:
                                register_buffer(field.Name, tensor);
                                break;
                            default:
                                break;
                        }
                    }
                }
            }

            /// <summary>Disposes the parameters, the buffers and the parts.</summary>
            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Disposes the parameters, the buffers and the parts.</summary>
            /// <param name="disposing">Whether this is not a finalizer; there is none.</param>
            protected virtual void Dispose(bool disposing)
            {
                foreach (var (_, parameter) in _parameters)
                    parameter.Dispose();
                foreach (var (_, buffer) in _buffers)
                    buffer.Dispose();
                foreach (var (_, module) in _children)
                    module.Dispose();
            }

            private void Register<T>(List<(string, T)> entries, string name, T value)
            {
                ArgumentNullException.ThrowIfNull(value);
                if (IsNamed(name))
                    throw new InvalidOperationException($"{_name} has a component named {name} already.");
                entries.Add((name, value));
            }

            private bool IsNamed(string name) =>
                _parameters.Exists(entry => entry.name == name)
                || _buffers.Exists(entry => entry.name == name)
                || _children.Exists(entry => entry.name == name);

            private IEnumerable<(string, T)> FromChildren<T>(Func<Module, IEnumerable<(string name, T value)>> list) =>
                from child in _children
                from entry in list(child.module)
                select ($"{child.name}.{entry.name}", entry.value);
        }

        /// <summary>A part of a network that computes one value from another.</summary>
        /// <typeparam name="T">What goes in.</typeparam>
        /// <typeparam name="TResult">What comes out.</typeparam>
        public abstract class Module<T, TResult> : Module
        {
            /// <summary>Begins a module.</summary>
            /// <param name="name">Its name, for messages.</param>
            protected Module(string name) : base(name)
            {
            }

            /// <summary>Computes the result.</summary>
            /// <param name="input">What goes in.</param>
            public abstract TResult forward(T input);

            /// <summary>Computes the result.</summary>
            /// <param name="input">What goes in.</param>
            public TResult call(T input) => forward(input);
        }
    }
}
