/// The root of an increasing function between two points where its signs differ: Newton's step
/// where it stays inside the bracket, else its middle.
///
/// `f` gives value and slope. Press et al. (2007), section 9.4.
func bracketedRoot(
  _ low: Double, _ high: Double, _ f: (Double) -> (value: Double, slope: Double)
) -> Double {
  var (low, high) = (low, high)
  var x = 0.5 * (low + high)
  for _ in 0..<200 {
    let (value, slope) = f(x)
    if value == 0 { break }
    if value > 0 { high = x } else { low = x }
    let newton = x - value / slope
    let next = newton > low && newton < high ? newton : 0.5 * (low + high)
    if abs(next - x) <= 1e-15 * max(1, abs(x)) { return next }
    x = next
  }
  return x
}
