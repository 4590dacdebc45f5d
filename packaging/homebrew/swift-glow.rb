# A formula for a tap. Not tried yet: fill in `url` and `sha256`. Then, from the tap:
#
#   brew install --build-from-source swift-glow && brew test swift-glow
class SwiftGlow < Formula
  desc "Learns the exact density of images, sounds and tables, and makes new ones"
  homepage "https://example.com/swift-glow"
  url "https://example.com/swift-glow/archive/refs/tags/0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "Apache-2.0"

  depends_on "python@3.13" => :build
  depends_on "cairo"
  depends_on "kissfft" => :build
  depends_on "libcsv"
  depends_on "libpng"
  depends_on "libsamplerate"
  depends_on "libsndfile"
  depends_on macos: :sequoia
  depends_on "onednn"

  uses_from_macos "swift" => :build, since: :sequoia

  def install
    # The module maps name the libraries' headers, which only the compilers of brew find by
    # themselves.
    ENV.prepend_path "CPATH", HOMEBREW_PREFIX/"include"
    ENV.prepend_path "LIBRARY_PATH", HOMEBREW_PREFIX/"lib"

    # On macOS brew has a sandbox of its own, and two do not go together; the Swift runtime is the
    # system's. On Linux it is put into the programs.
    args = OS.mac? ? ["--disable-sandbox"] : ["--static-swift-stdlib"]
    %w[glow glowtrain].each do |program|
      system "swift", "build", "-c", "release", *args, "--product", program
      bin.install ".build/release/#{program}"
      generate_completions_from_executable(bin/program, "--generate-completion-script")
      (buildpath/"#{program}.json").write Utils.safe_popen_read(bin/program, "--experimental-dump-help")
    end
    system "python3.13", "packaging/manual.py", buildpath/"man", "glow.json", "glowtrain.json"
    man1.install Dir["man/*.1"]
    pkgshare.install "checkpoints/glyphs.safetensors", "checkpoints/strikes.safetensors"
  end

  test do
    assert_equal version.to_s, shell_output("#{bin}/glow --version").lines.first.strip
    system bin/"glow", "sample", pkgshare/"glyphs.safetensors", "--count", "4", "--output", "digits"
    assert_equal 4, Dir["digits/*.png"].length
    system bin/"glowtrain", "--images", "digits", "--size", "8x8", "--levels", "1", "--steps", "1",
           "--width", "4", "--batch", "2", "--iterations", "2", "--output", "run"
    assert_path_exists testpath/"run/last.safetensors"
  end
end
