using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using Xunit;

namespace PSToyVmm.Tests.Unit.Consoles;

/// <summary>Commands run in real shells with real terminals.</summary>
public sealed class GuestShellTests
{
    static readonly TimeSpan s_time = TimeSpan.FromSeconds(30);
    static readonly System.Text.RegularExpressions.Regex s_prompt = new("[#$>] (\\e\\[6n)?$");

    public static TheoryData<string> Shells() => [.. new[] { "busybox sh -i", "dash -i", "bash --norc -i" }.Where(shell => TerminalShell.IsThere(shell.Split(' ')[0]))];

    static void With(string shell, Action<TerminalShell, GuestShell> use)
    {
        using TerminalShell terminal = new(shell);
        Assert.Equal(ExpectOutcome.Matched, SerialExpect.Wait(terminal.Log, s_prompt, 0, s_time, default, out _));
        use(terminal, new(terminal.Log, terminal.Input) { Patience = s_time });
    }

    static ShellResult Run(GuestShell shell, string command, params string[] arguments) => shell.Run(command, arguments, s_time, default);

    [Theory, MemberData(nameof(Shells))]
    public void Output_and_status_come_back_one_command_after_another(string name) => With(name, (_, shell) =>
    {
        ShellResult result = Run(shell, "echo one; echo two >&2; printf three; exit 3");
        Assert.Equal(["one", "two", "three"], result.Output);
        Assert.Equal(3, result.ExitCode);
        Assert.Equal([], Run(shell, "true").Output);
        Assert.Equal(["", "x", ""], Run(shell, "echo; echo x; echo").Output);
        Assert.Equal(["0"], Run(shell, "cat; echo $?").Output); // nothing at standard input
        Assert.Equal(128 + 9, Run(shell, "sh -c 'kill -9 $$'").ExitCode);
        Assert.NotEqual(0, Run(shell, "if then").ExitCode);
        Assert.Equal(["still here"], Run(shell, "echo still here").Output);
    });

    [Theory, MemberData(nameof(Shells))]
    public void Values_arrive_exactly(string name) => With(name, (_, shell) =>
    {
        string[] values = ["", " two  blanks ", "it's", "\"$HOME\" `id` $(id) \\n \\", "a\nb\n", "\t\u0003\u0004\u0015\u0011\u0013\u007f\e[A\r", "ü€😀", "!!", new('x', 5000), "-n", "%s%d"];
        ShellResult result = Run(shell, "for v in \"$@\"; do printf %s \"$v\" | od -An -v -tx1 | tr -d ' \\n'; echo; done", values);
        Assert.Equal(values.Select(value => Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(value))), result.Output);
    });

    [Theory, MemberData(nameof(Shells))]
    public void A_long_script_and_a_long_output_lose_nothing(string name) => With(name, (_, shell) =>
    {
        string script = string.Concat(Enumerable.Range(0, 4000).Select(i => $"# line {i} of a script that is longer than any terminal's buffer\n")) + "i=0; while [ $i -lt 3000 ]; do echo \"line $i\"; i=$((i+1)); done";
        ShellResult result = Run(shell, script);
        Assert.Equal(Enumerable.Range(0, 3000).Select(i => $"line {i}"), result.Output);
        Assert.Equal((0, 0), (result.ExitCode, result.LostBytes));
    });

    [Theory, MemberData(nameof(Shells))]
    public void What_takes_too_long_is_interrupted_and_the_shell_goes_on(string name) => With(name, (terminal, shell) =>
    {
        VmException e = Assert.Throws<VmException>(() => shell.Run("echo begun; sleep 60", [], TimeSpan.FromSeconds(5), default));
        Assert.Equal(VmErrorId.GuestCommandTimeout, e.Id);
        Assert.Contains("begun", e.Message, StringComparison.Ordinal);
        Assert.Equal(["again"], Run(shell, "echo again").Output);

        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(1));
        Assert.ThrowsAny<OperationCanceledException>(() => shell.Run("sleep 60", [], s_time, stop.Token));
        Assert.Equal(["again"], Run(shell, "echo again").Output);
        long before = terminal.Log.End;
        terminal.Input.Enqueue("echo visible\r"u8);
        Assert.Equal(ExpectOutcome.Matched, SerialExpect.Wait(terminal.Log, SerialExpect.Literal("echo visible"), before, s_time, default, out _)); // it echoes again
    });

    [Fact]
    public void Where_no_shell_answers_it_says_so_and_leaves_nothing_waiting()
    {
        using TerminalShell terminal = new("sh -c 'echo ready; sleep 3; exec sh -i'");
        Assert.Equal(ExpectOutcome.Matched, SerialExpect.Wait(terminal.Log, SerialExpect.Literal("ready"), 0, s_time, default, out _));
        GuestShell shell = new(terminal.Log, terminal.Input) { Patience = TimeSpan.FromSeconds(1) };
        Assert.Equal(VmErrorId.GuestShellNotReady, Assert.Throws<VmException>(() => Run(shell, "echo lost")).Id);
        Assert.Equal(ExpectOutcome.Matched, SerialExpect.Wait(terminal.Log, s_prompt, 0, s_time, default, out _));
        Assert.Equal(["found"], Run(new(terminal.Log, terminal.Input) { Patience = s_time }, "echo found").Output);
    }

    [Fact]
    public void The_end_of_the_machine_is_the_end_of_the_command() => With("dash -i", (_, shell) =>
        Assert.Equal(VmErrorId.GuestCommandEnded, Assert.Throws<VmException>(() => Run(shell, "kill -9 $$")).Id));

    [Fact]
    public void A_character_that_no_shell_can_have_is_refused() => With("dash -i", (_, shell) =>
        Assert.Equal(VmErrorId.GuestCommandInvalid, Assert.Throws<VmException>(() => Run(shell, "echo a\0b")).Id));
}
