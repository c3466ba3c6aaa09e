using Experiments.CommandLine;
using Experiments.Commands;

return await Invocation.RunAsync(AllCommands.Create(), args).ConfigureAwait(false);
