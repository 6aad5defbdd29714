using FsCheck;

namespace Rt.Tests.Fuzz;

/// <summary>A parser to be fuzzed.</summary>
/// <param name="Name">As the table and replays call it.</param>
/// <param name="Share">Of all cases, in relation to the other parsers' shares.</param>
/// <param name="Inputs">What it is fed with.</param>
/// <param name="Accepts">Runs it, with all that comes behind it and touches nothing. False: it says no without an exception.</param>
/// <param name="Refusals">The exceptions by which it says no. Any other is a bug.</param>
internal sealed record FuzzTarget(string Name, int Share, Gen<byte[]> Inputs, Func<byte[], bool> Accepts, params Type[] Refusals);
