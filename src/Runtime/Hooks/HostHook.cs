using System.Text;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Hooks;

/// <summary>Hooks that run where rt runs, in the runtime's namespaces.</summary>
internal static unsafe class HostHook
{
    /// <param name="state">What it gets on stdin.</param>
    /// <param name="directory">Its working directory; null: rt's.</param>
    /// <param name="interruptible">
    /// Whether a signal by which a user or a supervisor gives up kills it. Only where signals come into an inbox.
    /// </param>
    /// <param name="output">A file for all of its output, of which otherwise only the end is kept.</param>
    public static HookResult Run(Hook hook, ReadOnlySpan<byte> state, string? directory, bool interruptible = false, int? output = null)
    {
        byte[] args = Processes.Block(hook.Args.Count > 0 ? hook.Args : [hook.Path]), env = Processes.Block(hook.Env);
        byte* said = stackalloc byte[HookProcess.OutputSize];
        int interruptions = interruptible ? SignalInbox.OpenInterruptions() : -1;
        fixed (byte* path = FileContent.Terminated(hook.Path), work = directory == null ? null : FileContent.Terminated(directory),
            argsBlock = args, envBlock = env, input = state)
        fixed (byte** argv = Processes.Pointers(argsBlock, args), envp = Processes.Pointers(envBlock, env))
        {
            HookProcess process = new()
            {
                Path = path,
                Args = argv,
                Env = envp,
                Directory = work,
                Input = input,
                InputLength = state.Length,
                Output = output,
                TimeoutSeconds = hook.Timeout ?? 0,
                OfRuntime = true,
                Interruptions = interruptions,
            };
            int status = process.Run(said);
            if (interruptible) Files.close(interruptions);
            return new HookResult(new HookStatus(status), Encoding.UTF8.GetString(said, Text.Length(said)));
        }
    }
}
