#include "vitrine/cli/organ_codes.hpp"

#include <algorithm>

namespace vitrine::cli {
namespace {

struct Known {
  const char *organ, *code, *meaning;
};

/// PS3.16, CID 7152 to 7159 and annex L.
constexpr Known known[] = {
    {"lung", "39607008", "Lung"},
    {"lung_left", "44029006", "Left lung"},
    {"lung_right", "3341006", "Right lung"},
    {"heart", "80891009", "Heart"},
    {"aorta", "15825003", "Aorta"},
    {"oesophagus", "32849002", "Esophagus"},
    {"mediastinum", "72410000", "Mediastinum"},
    {"liver", "10200004", "Liver"},
    {"gallbladder", "28231008", "Gallbladder"},
    {"spleen", "78961009", "Spleen"},
    {"stomach", "69695003", "Stomach"},
    {"pancreas", "15776009", "Pancreas"},
    {"kidney", "64033007", "Kidney"},
    {"brain", "12738006", "Brain"},
    {"eye", "81745001", "Eye"},
    {"skull", "89546000", "Skull"},
    {"mandible", "91609006", "Mandible"},
    {"spine", "421060004", "Spine"},
    {"ribs", "113197003", "Rib"},
    {"sternum", "56873002", "Sternum"},
    {"scapulae", "79601000", "Scapula"},
    {"lymph_node", "59441001", "Lymph node"},
};

}  // namespace

io::DicomCode organ_code(const std::string& organ) {
  const auto* const found =
      std::ranges::find_if(known, [&](const Known& each) { return each.organ == organ; });
  if (found != std::end(known)) return {found->code, "SCT", found->meaning};
  return {organ, "99VITRINE", organ};
}

}  // namespace vitrine::cli
