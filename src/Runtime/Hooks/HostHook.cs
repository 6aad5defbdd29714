using System.Text;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Hooks;

/// <summary>Hooks that run where rt runs, in the runtime's namespaces.</summary>
internal static unsafe class HostHook
{
    /// <param name="state">What it gets on stdin.</param>
    /// <param name="directory">Its working directory; null: rt's.</param>
    public static HookResult Run(Hook hook, ReadOnlySpan<byte> state, string? directory)
    {
        byte[] args = Processes.Block(hook.Args.Count > 0 ? hook.Args : [hook.Path]), env = Processes.Block(hook.Env);
        byte* said = stackalloc byte[HookProcess.OutputSize];
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
                TimeoutSeconds = hook.Timeout ?? 0,
            };
            int status = process.Run(said);
            return new HookResult(new HookStatus(status), Encoding.UTF8.GetString(said, Text.Length(said)));
        }
    }
}
