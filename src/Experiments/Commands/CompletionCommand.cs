using System.CommandLine;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Processes;

namespace Experiments.Commands;

/// <summary><c>completion</c>: what a shell runs to complete commands, options and their values.</summary>
internal static class CompletionCommand
{
    // The words after the program's name up to the cursor go to the program, which answers with one candidate a line; if it has none,
    // the shell completes files. bash breaks words at = and :, so it replaces only the text after them.
    private const string Bash = """
        _experiments() {
          local line="${COMP_LINE:0:COMP_POINT}" word
          line="${line#* }"
          word="${line##*[ ]}"
          mapfile -t COMPREPLY < <(compgen -W "$(PROGRAM "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$word")
          if [[ $word == *[=:]* && $COMP_WORDBREAKS == *[=:]* ]]; then
            COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*[=:]}"}"}")
          fi
          if [[ ${#COMPREPLY[@]} == 1 && $word == *,* ]]; then compopt -o nospace; fi
        }
        complete -o default -F _experiments experiments Experiments
        """;

    private const string Zsh = """
        _experiments() {
          local line="${BUFFER[1,CURSOR]#* }"
          local -a candidates
          candidates=("${(@f)$(PROGRAM "[suggest:${#line}]" "$line" 2>/dev/null)}")
          if [[ -n "${candidates[1]}" ]]; then compadd -- "${candidates[@]}"; else _files; fi
        }
        (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u }
        compdef _experiments experiments Experiments
        """;

    public static Command Create()
    {
        var command = new Command("completion", "Print the script with which a shell completes commands, options and their values.");
        var shell = new Argument<string>("shell") { Description = "bash or zsh", HelpName = "SHELL" };
        shell.CompletionSources.Add("bash", "zsh");
        command.Arguments.Add(shell);
        command.SetAction(result =>
        {
            Console.WriteLine((result.GetValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                var other => throw new ExperimentException(Suggestion.Unknown("shell", other!, ["bash", "zsh"])),
            }).Replace("PROGRAM", ThisProgram.CommandLine([]), StringComparison.Ordinal));
            return ExitCode.Done;
        });
        return command.WithExamples($"source <({HelpText.Program} completion bash)", $"source <({HelpText.Program} completion zsh)");
    }
}
