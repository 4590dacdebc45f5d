import Media
import Testing

@Test(arguments: [
  (0, "0"), (999, "999"), (1000, "1,000"), (-100, "-100"), (-1000, "-1,000"),
  (1_234_567, "1,234,567"), (Int.min, "-9,223,372,036,854,775,808"),
])
func numbersAreGrouped(number: Int, text: String) {
  #expect(grouped(number) == text)
}
