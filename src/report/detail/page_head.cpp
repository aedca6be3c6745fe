#include "vitrine/report/detail/page_head.hpp"

#include "vitrine/report/detail/assets.hpp"

namespace vitrine::report {
namespace {

/// Nothing may be fetched, whatever the page contains: the browser enforces it.
constexpr std::string_view policy =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'";

}  // namespace

void open_page(Html& html, std::string_view title) {
  html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"").raw(policy).raw("\">\n");
  html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  html.raw("<meta name=\"generator\" content=\"vitrine\">\n");
  html.raw("<link rel=\"icon\" href=\"data:,\">\n");
  html.element("title", std::string(title) + " \u00b7 vitrine").raw("\n<style>\n");
  html.raw(inline_script(assets::style())).raw("</style>\n</head>\n<body>\n");
}

}  // namespace vitrine::report
