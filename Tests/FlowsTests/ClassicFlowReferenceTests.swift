import Testing

/// The classic flows against vectors made by an independent float64 program, at random parameters
/// that are not small, in 1, 2 and 5 dimensions.
@Suite struct ClassicFlowReferenceTests {
  static let names = [
    "planar", "radial", "sylvester-orthogonal", "sylvester-householder", "sylvester-triangular",
    "maf", "spline-autoregressive", "gaussian-mixture-cdf", "logistic-mixture-autoregressive",
    "continuous",
  ]

  @Test(arguments: names, [1, 2, 5]) func agrees(_ name: String, _ columns: Int) throws {
    let fixture = try FlowFixture(name, columns)
    try fixture.check(fixture.flow)
  }
}
