namespace Rt.Security;

/// <summary>A compiled filter: struct sock_filter instructions of 8 bytes, and SECCOMP_FILTER_FLAG_ bits to load them with.</summary>
internal sealed record SeccompFilter(byte[] Program, uint Flags);
