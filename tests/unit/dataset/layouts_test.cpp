#include <algorithm>
#include <catch2/catch.hpp>

#include "vitrine/dataset/dataset.hpp"

using namespace vitrine;
using dataset::Subset;

namespace {

dataset::Item item(const std::string& patient, Subset subset, int fold = -1) {
  dataset::Item made;
  made.id = patient + "_soft";
  made.patient = patient;
  made.arm = "soft";
  made.replicate = "scan";
  made.subset = subset;
  made.fold = fold;
  made.lesions = {{"lesion01", "lung", 1}, {"lesion02", "liver", 2}};
  return made;
}

dataset::Dataset four() {
  dataset::Dataset all;
  all.name = "four";
  all.trial = "trial";
  all.number = 7;
  all.labels = {"liver_lesion", "lung_lesion"};
  all.items = {item("p1", Subset::training), item("p2", Subset::validation),
               item("p3", Subset::test), item("p4", Subset::training)};
  return all;
}

const dataset::Layout& layout(const std::string& name) {
  return *std::ranges::find(dataset::layouts(), name, &dataset::Layout::name);
}

}  // namespace

TEST_CASE("nnU-Net: channels end in _0000, labels are consecutive, the split names no test image") {
  const auto all = four();
  const auto& nnunet = layout("nnunet");
  CHECK(nnunet.image_path(all, all.items[0]) == "Dataset007_four/imagesTr/p1_soft_0000.nii.gz");
  CHECK(nnunet.label_path(all, all.items[0]) == "Dataset007_four/labelsTr/p1_soft.nii.gz");
  CHECK(nnunet.image_path(all, all.items[2]) == "Dataset007_four/imagesTs/p3_soft_0000.nii.gz");
  const auto files = nnunet.index(all);
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == "Dataset007_four/dataset.json");
  CHECK(files[0].text.find("\"numTraining\": 3") != std::string::npos);
  CHECK(files[0].text.find("\"liver_lesion\": 1") != std::string::npos);
  CHECK(files[0].text.find("\"lung_lesion\": 2") != std::string::npos);
  CHECK(files[1].path == "Dataset007_four/splits_final.json");
  CHECK(files[1].text.find("p3") == std::string::npos);
  CHECK(files[1].text.find("\"p2_soft\"") > files[1].text.find("\"val\""));
}

TEST_CASE("with folds nnU-Net gets a split for each, which together hold every patient out once") {
  auto all = four();
  all.folds = 2;
  all.items[0].fold = 0;
  all.items[1].fold = 1;
  all.items[3].fold = 1;
  const std::string text = layout("nnunet").index(all)[1].text;
  std::size_t splits = 0;
  for (std::size_t at = 0; (at = text.find("\"val\"", at)) != std::string::npos; ++at) ++splits;
  CHECK(splits == 2);
  const std::string list = layout("monai").index(all)[0].text;
  CHECK(list.find("\"fold\": 1") != std::string::npos);
  CHECK(list.find("\"validation\"") == std::string::npos);
}

TEST_CASE("MONAI: every image is in the list of its subset") {
  const auto all = four();
  const std::string list = layout("monai").index(all)[0].text;
  const auto training = list.find("\"training\""), validation = list.find("\"validation\""),
             test = list.find("\"test\"");
  REQUIRE(training < validation);
  REQUIRE(validation < test);
  CHECK(list.find("images/p4_soft.nii.gz") > training);
  CHECK(list.find("images/p4_soft.nii.gz") < validation);
  CHECK(list.find("images/p2_soft.nii.gz") > validation);
  CHECK(list.find("images/p2_soft.nii.gz") < test);
  CHECK(list.find("images/p3_soft.nii.gz") > test);
}

TEST_CASE("PyRadiomics: a row a lesion, told apart by its label") {
  const auto all = four();
  const std::string table = layout("pyradiomics").index(all)[0].text;
  CHECK(std::ranges::count(table, '\n') == 9);
  CHECK(table.starts_with("ID,Image,Mask,Label,"));
  CHECK(table.find("p1_soft_lesion02,images/p1_soft.nii.gz,masks/p1_soft.nii.gz,2,p1") !=
        std::string::npos);
}

TEST_CASE("DICOM: every series is listed, and beside it what is there") {
  auto all = four();
  all.items[1].lesions.clear();
  all.items[1].labelled = false;
  const auto& dicom = layout("dicom");
  CHECK(dicom.image_path(all, all.items[0]) == "p1/p1_soft/CT");
  const std::string table = dicom.index(all)[0].text;
  CHECK(std::ranges::count(table, '\n') == 5);
  CHECK(table.find("p1_soft/CT,p1/p1_soft/SEG.dcm,p1/p1_soft/RTSTRUCT.dcm,p1/p1_soft/SR.dcm,2") !=
        std::string::npos);
  CHECK(table.find("validation,p2/p2_soft/CT,,,,0") != std::string::npos);
  CHECK(dataset::card(all, dicom).text.find("SEG.dcm (a segment a lesion)") != std::string::npos);

  all.items[1].labelled = true;  // organs alone
  all.organs = {"liver", "lungs"};
  CHECK(dicom.index(all)[0].text.find("p2/p2_soft/SEG.dcm,p2/p2_soft/RTSTRUCT.dcm,,0") !=
        std::string::npos);
  CHECK(dataset::card(all, dicom).text.find("organs follow: liver and lungs.") !=
        std::string::npos);
}

TEST_CASE("RO-Crate and Croissant name every file, the licence and what their standards require") {
  auto all = four();
  all.licence = "CC-BY-4.0";
  all.published = "2026-01-02";
  all.fingerprint = "abc";
  const auto& monai = layout("monai");
  const std::vector<dataset::FileEntry> files{{"images/p1_soft.nii.gz", 10, "00ff"},
                                              {"images.csv", 20, "11ee"},
                                              {"p1/p1_soft/CT/", 30, {}}};
  const std::string crate = dataset::ro_crate(all, monai, files).text;
  const std::string croissant = dataset::croissant(all, monai, files).text;
  for (const char* said :
       {"\"@context\": \"https://w3id.org/ro/crate/1.1/context\"",
        "\"datePublished\": \"2026-01-02\"",
        "\"@id\": \"https://spdx.org/licenses/CC-BY-4.0.html\"", "\"sha256\": \"00ff\"",
        "\"@id\": \"p1/p1_soft/CT/\"", "\"conformsTo\""}) {
    INFO(said);
    CHECK(crate.find(said) != std::string::npos);
  }
  for (const char* said : {"\"conformsTo\": \"http://mlcommons.org/croissant/1.0\"",
                           "\"url\": \"urn:vitrine:abc:four\"",
                           "\"license\": \"https://spdx.org/licenses/CC-BY-4.0.html\"",
                           "\"cr:FileSet\"", "\"sha256\": \"11ee\"", "\"column\": \"subset\"",
                           "\"datePublished\": \"2026-01-02\"", "\"creator\""}) {
    INFO(said);
    CHECK(croissant.find(said) != std::string::npos);
  }
  CHECK(croissant.find("p1/p1_soft/CT/") == std::string::npos);  // in the set of slices
  const std::string table = dataset::image_table(all, monai).text;
  CHECK(table.find("p2_soft,p2,,soft,scan,validation,-1,images/p2_soft.nii.gz") !=
        std::string::npos);
}

TEST_CASE("the card counts patients and images of every subset") {
  const auto all = four();
  const auto card = dataset::card(all, layout("monai"));
  CHECK(card.path == "README.md");
  CHECK(card.text.find("| training | 2 | 2 | 4 |") != std::string::npos);
  CHECK(card.text.find("| test | 1 | 1 | 2 |") != std::string::npos);
}
