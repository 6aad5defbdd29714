using System.Text.Json.Serialization;
using Rt.Launch;

namespace Rt.Cli;

/// <summary>
/// Generated serializers for output off the way of create and start. There, JSON is written and read by hand: the first use of
/// generated type information costs 1.2 ms.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, IndentSize = 4, NewLine = "\n",
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = false)]
[JsonSerializable(typeof(List<PlanLine>))]
[JsonSerializable(typeof(Spec.Features))]
[JsonSerializable(typeof(Doctor.ExaminationJson))]
internal sealed partial class OutputJson : JsonSerializerContext;
