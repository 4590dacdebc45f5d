import Testing

/// Flows whose parameters are given, a row for each example, or that see a context, as a VAE's
/// posterior has them, against the same program.
@Suite struct AmortizedFlowReferenceTests {
  static let names = [
    "planar", "sylvester-orthogonal", "sylvester-householder", "sylvester-triangular", "maf",
    "spline-autoregressive",
  ]

  @Test(arguments: names, [2, 5]) func agrees(_ name: String, _ columns: Int) throws {
    let fixture = try FlowFixture(name, columns, isPerRow: true)
    try fixture.check(fixture.flow)
  }

  @Test(arguments: names, [2, 5]) func turnedRound(_ name: String, _ columns: Int) throws {
    let fixture = try FlowFixture(name, columns, isPerRow: true)
    try fixture.checkTurnedRound(fixture.flow)
  }
}
