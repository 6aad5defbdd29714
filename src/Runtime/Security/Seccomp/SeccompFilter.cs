namespace Rt.Security;

/// <summary>A compiled filter: struct sock_filter instructions of 8 bytes, and SECCOMP_FILTER_FLAG_ bits to load them with.</summary>
/// <param name="Listener">Who judges the calls that the filter leaves to someone else; null: it judges all itself.</param>
internal sealed record SeccompFilter(byte[] Program, uint Flags, SeccompListener? Listener = null);

/// <summary>The agent behind a Unix socket that gets the filter's listener.</summary>
/// <param name="Metadata">What it is told beside the container's state.</param>
internal sealed record SeccompListener(string Path, string Metadata);
