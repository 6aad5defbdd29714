using System.Text.Json.Nodes;
using Rt.Tests.Integration;

namespace Rt.Tests.Attacks;

/// <summary>
/// A program inside a container that looks, without a pause, for processes that come into sight, and tries all ways into them that
/// /proc and ptrace(2) have. It prints each thing that it has found out once.
/// </summary>
internal static class Spy
{
    private const string Source = """
        #include <dirent.h>
        #include <fcntl.h>
        #include <signal.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/ptrace.h>
        #include <sys/wait.h>
        #include <unistd.h>

        static char seen[4096][128];
        static int count;

        static void found(const char *what, const char *detail)
        {
            char line[128];
            snprintf(line, sizeof(line), "%s %s", what, detail);
            for (int i = 0; i < count; i++)
                if (!strcmp(seen[i], line)) return;
            if (count < 4096) strcpy(seen[count++], line);
            puts(line);
            fflush(stdout);
        }

        static void link_of(const char *what, const char *path)
        {
            char target[100];
            ssize_t length = readlink(path, target, sizeof(target) - 1);
            if (length < 0) return;
            target[length] = 0;
            found(what, target);
        }

        static void try_open(const char *what, const char *path, int flags)
        {
            char byte;
            int file = open(path, flags | O_CLOEXEC);
            if (file < 0) return;
            if ((flags & O_ACCMODE) != O_RDONLY || read(file, &byte, 1) == 1) found(what, "opened");
            close(file);
        }

        /* Whether a file of the host's is to be had by way of a directory that the process has. */
        static void climb(const char *directory, const char *host)
        {
            char path[512];
            snprintf(path, sizeof(path), "%s/../../../../../../../../%s", directory, host);
            if (access(path, F_OK) == 0) link_of("escape", directory);
        }

        static void look_at(const char *pid, const char *host, int traces)
        {
            char path[64], what[32];
            snprintf(path, sizeof(path), "/proc/%s/exe", pid);
            link_of("exe", path);
            try_open("exe-write", path, O_WRONLY);
            snprintf(path, sizeof(path), "/proc/%s/cwd", pid);
            link_of("cwd", path);
            climb(path, host);
            snprintf(path, sizeof(path), "/proc/%s/root", pid);
            climb(path, host);
            snprintf(path, sizeof(path), "/proc/%s/fd", pid);
            DIR *directory = opendir(path);
            for (struct dirent *one; directory && (one = readdir(directory));) {
                if (one->d_name[0] == '.') continue;
                snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, one->d_name);
                snprintf(what, sizeof(what), "fd %s", one->d_name);
                link_of(what, path);
                climb(path, host);
            }
            if (directory) closedir(directory);
            int id = atoi(pid);
            if (traces && ptrace(PTRACE_SEIZE, id, 0, 0) == 0) {
                snprintf(path, sizeof(path), "/proc/%s/exe", pid);
                link_of("traced", path);
                ptrace(PTRACE_INTERRUPT, id, 0, 0);
                if (waitpid(id, 0, __WALL) == id) ptrace(PTRACE_DETACH, id, 0, 0);
            }
        }

        int main(int argc, char **argv)
        {
            char self[16];
            signal(SIGCHLD, SIG_DFL);
            snprintf(self, sizeof(self), "%d", getpid());
            puts("looking");
            fflush(stdout);
            for (;;) {
                DIR *directory = opendir("/proc");
                for (struct dirent *one; directory && (one = readdir(directory));)
                    if (one->d_name[0] >= '0' && one->d_name[0] <= '9' && strcmp(one->d_name, self)) look_at(one->d_name, argv[1], argc > 2);
                if (directory) closedir(directory);
            }
        }
        """;

    private static readonly Lazy<string> Compiled = new(() => Tools.Compile("spy", Source));

    /// <summary>A container in which the spy is at work.</summary>
    /// <param name="capabilities">Those it has beside the default ones.</param>
    public static Container Start(out Command.Running spying, bool traces, params string[] capabilities)
    {
        Container container = new(config =>
        {
            config["process"]!["args"] = new JsonArray("/spy", Repository.Binary);
            if (traces) config["process"]!["args"]!.AsArray().Add("traces");
            foreach (string set in (string[])["bounding", "effective", "permitted"])
                foreach (string capability in capabilities)
                    config["process"]!["capabilities"]![set]!.AsArray().Add(capability);
        }, ownRoot: true);
        File.Copy(Compiled.Value, Path.Combine(container.Root, "spy"));
        try
        {
            Command.Running running = container.RunInForeground(); // its program may print before the state has its pid
            spying = running;
            SpinWait.SpinUntil(() => running.OutputSoFar.StartsWith("looking\n", StringComparison.Ordinal), Command.Patience)
                .Should().BeTrue();
            return container;
        }
        catch
        {
            container.Dispose(); // it would keep a processor busy
            throw;
        }
    }
}
