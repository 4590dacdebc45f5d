/// A file of the page, which is part of the program.
struct PageFile: Sendable {
  let type: String
  let bytes: [UInt8]

  private static let (html, css) = ("text/html; charset=utf-8", "text/css; charset=utf-8")
  private static let script = "text/javascript; charset=utf-8"

  static let index = PageFile(type: html, bytes: PackageResources.index_html)

  /// The others, by the names that the page asks for them.
  static let all = [
    "style.css": PageFile(type: css, bytes: PackageResources.style_css),
    "icon.svg": PageFile(type: "image/svg+xml", bytes: PackageResources.icon_svg),
    "main.js": PageFile(type: script, bytes: PackageResources.main_js),
    "server.js": PageFile(type: script, bytes: PackageResources.server_js),
    "store.js": PageFile(type: script, bytes: PackageResources.store_js),
    "dom.js": PageFile(type: script, bytes: PackageResources.dom_js),
    "table.js": PageFile(type: script, bytes: PackageResources.table_js),
    "curves.js": PageFile(type: script, bytes: PackageResources.curves_js),
    "chart.js": PageFile(type: script, bytes: PackageResources.chart_js),
    "options.js": PageFile(type: script, bytes: PackageResources.options_js),
    "samples.js": PageFile(type: script, bytes: PackageResources.samples_js),
    "model.js": PageFile(type: script, bytes: PackageResources.model_js),
    "pictures.js": PageFile(type: script, bytes: PackageResources.pictures_js),
    "sound.js": PageFile(type: script, bytes: PackageResources.sound_js),
    "scatter.js": PageFile(type: script, bytes: PackageResources.scatter_js),
  ]
}
