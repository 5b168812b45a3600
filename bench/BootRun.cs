using System.Diagnostics;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Bench;

/// <summary>One boot in progress: its console as a stream, and its end.</summary>
abstract class BootRun : IDisposable
{
    /// <summary>Waits for what comes next on the console; 0 when nothing more can come.</summary>
    public abstract int Read(byte[] into);

    /// <summary>Waits until all of it is gone: the process, or, of a machine in this one, everything it held.</summary>
    public abstract void WaitForEnd();

    /// <summary>Ends it, from any thread.</summary>
    public abstract void Kill();

    public abstract void Dispose();
}

/// <summary>A machine of the engine in this process.</summary>
sealed class EngineRun : BootRun
{
    readonly VirtualMachine _vm;
    long _position;

    public EngineRun(string kernel, string initrd, string commandLine)
    {
        _vm = new(new() { Name = "boot", KernelPath = kernel, InitrdPath = initrd, CommandLine = commandLine, RebootAction = RebootAction.Stop });
        _vm.Start();
    }

    public override int Read(byte[] into)
    {
        while (true)
        {
            bool over = _vm.SerialLog.IsCompleted; // before reading: what was written by then is read
            int read = _vm.SerialLog.Read(ref _position, into);
            if (read > 0 || over) return read;
            _vm.SerialLog.WaitForMore(_position, Timeout.InfiniteTimeSpan, CancellationToken.None);
        }
    }

    public override void WaitForEnd() => _vm.WaitFor(MachineState.Off, Timeout.InfiniteTimeSpan, CancellationToken.None);

    public override void Kill() => _vm.TurnOff();

    public override void Dispose() => _vm.Dispose();
}

/// <summary>A VMM in a process of its own, whose stdout is the console.</summary>
sealed class ProgramRun : BootRun
{
    readonly Process _process;
    readonly Stream _console;

    public ProgramRun(string program, string[] arguments)
    {
        // A pipe for its stdin too, and open until the end: some VMMs read it, and one that has ended may end them.
        _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        _console = _process.StandardOutput.BaseStream;
    }

    public override int Read(byte[] into) => _console.Read(into);

    public override void WaitForEnd() => _process.WaitForExit();

    public override void Kill() => _process.Kill();

    public override void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
