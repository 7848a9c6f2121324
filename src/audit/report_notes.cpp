#include "audit/report.h"
#include "audit/report_templates.h"
#include "base/html.h"

namespace amalgam {

std::string notes_part(const AuditResult& result) {
  if (result.notes.empty()) return "";
  std::string rows;
  for (const AuditNote& note : result.notes)
    rows += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", escaped(note.kind),
                        escaped(note.what), escaped(note.meaning));
  return filled(report_notes(), fmt::arg("rows", rows));
}

}  // namespace amalgam
