import COneDNN

/// What numbers depend on beside the program: machines that differ in it round differently.
public enum Processor {
  /// The instruction set that products are made with, as oneDNN numbers them.
  public static var instructionSet: String { String(cString: conednn_instruction_set()) }
}
