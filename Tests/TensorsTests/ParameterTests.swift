import Testing

@testable import Tensors

@Suite struct ParameterTests {
  /// Counts how often an initial value is asked for, and whether what makes it is kept.
  private final class Source {
    var count = 0
    func tensor() -> Tensor {
      count += 1
      return Tensor([1, 2, 3], shape: [3])
    }
  }

  @Test(arguments: [false, true]) func isMadeOnceWhicheverIsAskedForFirst(_ gradientFirst: Bool) {
    let source = Source()
    let p = Parameter(shape: [3]) { source.tensor() }
    #expect(source.count == 0)
    if gradientFirst {
      p.gradient.pointer[1] = 5
    } else {
      #expect(p.value.elements == [1, 2, 3])
      p.gradient.pointer[1] = 5
    }
    #expect(p.value.elements == [1, 2, 3] && p.gradient.elements == [0, 5, 0])
    #expect(source.count == 1)
  }

  @Test func whatIsSetFirstIsNeverMade() {
    let source = Source()
    let p = Parameter(shape: [3]) { source.tensor() }
    p.set([4, 5, 6])
    #expect(p.value.elements == [4, 5, 6] && source.count == 0)
  }

  @Test func whatMakesItIsLetGo() {
    weak var source: Source?
    let p = {
      let strong = Source()
      source = strong
      return Parameter(shape: [3]) { strong.tensor() }
    }()
    #expect(source != nil)
    _ = p.value
    #expect(source == nil)
  }

  @Test func twinsShareTheValueAlone() {
    let (one, two) = (Parameter(Tensor([1, 2], shape: [2])), Parameter(zeros: [2]))
    two.share(valueOf: one)
    one.accumulate([3, 4])
    one.set([5, 6])
    #expect(two.value.elements == [5, 6] && two.version == one.version)
    #expect(two.gradient.elements == [0, 0] && one.gradient.elements == [3, 4])
  }
}
