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
    {"pulmonary_arteries", "81040000", "Pulmonary artery"},
    {"pulmonary_veins", "122972007", "Pulmonary vein"},
    {"portal_vein", "32764006", "Portal vein"},
    {"azygos_vein", "72107004", "Azygos vein"},
    {"oesophagus", "32849002", "Esophagus"},
    {"mediastinum", "72410000", "Mediastinum"},
    {"diaphragm", "5798000", "Diaphragm"},
    {"breast", "76752008", "Breast"},
    {"liver", "10200004", "Liver"},
    {"gallbladder", "28231008", "Gallbladder"},
    {"spleen", "78961009", "Spleen"},
    {"stomach", "69695003", "Stomach"},
    {"duodenum", "38848004", "Duodenum"},
    {"small_bowel", "30315005", "Small intestine"},
    {"colon", "71854001", "Colon"},
    {"pancreas", "15776009", "Pancreas"},
    {"adrenals", "23451007", "Adrenal gland"},
    {"kidney", "64033007", "Kidney"},
    {"ureters", "87953007", "Ureter"},
    {"brain", "12738006", "Brain"},
    {"brain_stem", "15926001", "Brain stem"},
    {"cerebellum", "113305005", "Cerebellum"},
    {"eye", "81745001", "Eye"},
    {"eyes", "81745001", "Eye"},
    {"lenses", "78076003", "Lens of eye"},
    {"parotids", "45289007", "Parotid gland"},
    {"tongue", "21974007", "Tongue"},
    {"spinal_cord", "2748008", "Spinal cord"},
    {"skin", "39937001", "Skin"},
    {"skull", "89546000", "Skull"},
    {"mandible", "91609006", "Mandible"},
    {"spine", "421060004", "Spine"},
    {"ribs", "113197003", "Rib"},
    {"sternum", "56873002", "Sternum"},
    {"scapulae", "79601000", "Scapula"},
    {"pelvis", "12921003", "Pelvis"},
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
