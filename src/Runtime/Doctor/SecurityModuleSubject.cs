using Rt.Kernel;
using Rt.Security;

namespace Rt.Doctor;

/// <summary>AppArmor and SELinux.</summary>
/// <param name="Enforcing">/sys/fs/selinux/enforce; null: it does not say.</param>
/// <param name="Active">All security modules, as /sys/kernel/security/lsm lists them; may be empty.</param>
internal sealed record SecurityModuleSubject(bool Apparmor, bool Selinux, bool? Enforcing, string Active)
{
    private const string Name = "security modules";

    public static SecurityModuleSubject Examine() => new(SecurityModules.IsApparmorEnabled(), SecurityModules.IsSelinuxEnabled(),
        FileContent.TryReadText("/sys/fs/selinux/enforce")?.StartsWith('1'),
        FileContent.TryReadText("/sys/kernel/security/lsm")?.Trim() ?? "");

    public Finding Judge()
    {
        string others = Active.Length > 0 ? $" (active: {Active.Replace(",", ", ")})" : "";
        if (Selinux && Enforcing == false)
            return new Finding(Name, Grade.Limited, $"SELinux, permissive{(Apparmor ? ", and AppArmor" : "")}{others}",
                "labels are set, and what they forbid is only logged", "setenforce 1, and SELINUX=enforcing in /etc/selinux/config");
        string modules = (Apparmor, Selinux) switch
        {
            (true, true) => "AppArmor and SELinux, enforcing",
            (true, false) => "AppArmor",
            (false, true) => "SELinux, enforcing",
            _ => "",
        };
        if (modules.Length > 0) return new Finding(Name, Grade.Ok, modules + others);
        return new Finding(Name, Grade.Missing, $"neither AppArmor nor SELinux can be used{others}",
            "configurations with process.apparmorProfile, process.selinuxLabel or linux.mountLabel are refused", Remedy());
    }

    private string Remedy()
    {
        string[] active = Active.Split(',');
        if (Active.Length == 0) return "mount securityfs at /sys/kernel/security, by which doctor sees what is active";
        if (active.Contains("selinux"))
            return "mount selinuxfs at /sys/fs/selinux, writable, and load a policy, as distributions with SELinux do";
        return "a kernel that has one, named in lsm= on its command line";
    }
}
