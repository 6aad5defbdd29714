namespace Rt.Spec;

/// <summary>Checks linux.resources. Ranges of single numbers are checked where they are read.</summary>
internal static class ResourcesValidation
{
    public static void Check(Resources resources)
    {
        Each(resources.Devices, "devices", Wrong);
        if (resources.Cpu is { } cpu) Refuse("cpu", Wrong(cpu));
        if (resources.BlockIO is { } block)
        {
            Each(block.WeightDevice, "blockIO.weightDevice", Wrong);
            Each(block.ThrottleReadBpsDevice, "blockIO.throttleReadBpsDevice", Wrong);
            Each(block.ThrottleWriteBpsDevice, "blockIO.throttleWriteBpsDevice", Wrong);
            Each(block.ThrottleReadIOPSDevice, "blockIO.throttleReadIOPSDevice", Wrong);
            Each(block.ThrottleWriteIOPSDevice, "blockIO.throttleWriteIOPSDevice", Wrong);
        }

        Each(resources.HugepageLimits, "hugepageLimits", Wrong);
        foreach (RdmaLimits limits in resources.Rdma)
            if (Wrong(limits) is { } problem) throw new SpecException($"linux.resources.rdma.{limits.Device}", problem);
        Each(resources.Network?.Priorities ?? [], "network.priorities", Wrong);
    }

    private static Problem? Wrong(DeviceRule rule)
    {
        if (rule.Type is not ("a" or "c" or "b" or "u")) return new("type", $"\"{rule.Type}\" is no type of device (a, c or b)");
        if (!rule.Access.All(c => c is 'r' or 'w' or 'm'))
            return new("access", $"\"{rule.Access}\" has other letters than r, w and m");
        if (rule.Major > uint.MaxValue) return new("major", $"{rule.Major} does not fit into 32 bits");
        return rule.Minor > uint.MaxValue ? new("minor", $"{rule.Minor} does not fit into 32 bits") : null;
    }

    private static Problem? Wrong(CpuLimits cpu) => cpu.Quota > 0 && cpu.Burst > (ulong)cpu.Quota
        ? new("burst", $"{cpu.Burst} is more than the quota ({cpu.Quota})")
        : null;

    private static Problem? Wrong(DeviceWeight device) =>
        Number(device) ?? (device.Weight == null && device.LeafWeight == null ? new("", "needs weight or leafWeight") : null);

    private static Problem? Wrong(DeviceRate device) => Number(device) ?? (device.Rate == null ? new("rate", "is required") : null);

    private static Problem? Number(BlockDevice device)
    {
        if (device.Major == null) return new("major", "is required");
        return device.Minor == null ? new("minor", "is required") : null;
    }

    private static Problem? Wrong(HugepageLimit limit)
    {
        if (limit.PageSize.Length == 0) return new("pageSize", "is required");
        if (!IsPageSize(limit.PageSize)) return new("pageSize", $"\"{limit.PageSize}\" is no size of huge pages (such as 2MB or 1GB)");
        return limit.Limit == null ? new("limit", "is required") : null;
    }

    /// <summary>A number without leading zeros, and KB, MB or GB.</summary>
    private static bool IsPageSize(string text) =>
        text is [>= '1' and <= '9', .., 'K' or 'M' or 'G', 'B'] && text.AsSpan(0, text.Length - 2).IndexOfAnyExceptInRange('0', '9') < 0;

    private static string? Wrong(RdmaLimits limits)
    {
        // rdma.max takes lines of words.
        if (limits.Device.Length == 0 || limits.Device.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))) return "is no name of a device";
        return limits.HcaHandles == null && limits.HcaObjects == null ? "needs hcaHandles or hcaObjects" : null;
    }

    private static Problem? Wrong(InterfacePriority priority)
    {
        if (priority.Name.Length == 0) return new("name", "is required");
        // net_prio.ifpriomap takes lines of words.
        if (priority.Name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))) return new("name", "is no name of a network interface");
        return priority.Priority == null ? new("priority", "is required") : null;
    }

    private static void Each<T>(List<T> items, string path, Func<T, Problem?> wrong)
    {
        for (int i = 0; i < items.Count; i++)
            if (wrong(items[i]) is { } problem)
                Refuse($"{path}[{i}]", problem);
    }

    private static void Refuse(string path, Problem? problem)
    {
        if (problem is not { } wrong) return;
        throw new SpecException($"linux.resources.{path}{(wrong.Property.Length == 0 ? "" : ".")}{wrong.Property}", wrong.Text);
    }

    /// <summary>Which property is wrong ("": the object itself), and why.</summary>
    private sealed record Problem(string Property, string Text);
}
