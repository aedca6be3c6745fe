#include "vitrine/physics/carlo/scatter_views.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/carlo/detail/prepare.hpp"
#include "vitrine/physics/detail/sub_views.hpp"

namespace vitrine::physics::carlo {
namespace {

/// Sums of a view's batches: mean scatter and its square, and the second moment of the energy.
struct Tally {
  std::vector<double> scatter, squares, energy_square;
};

/// Cells whose ratio to the guide is averaged.
constexpr Index near_columns = 3, near_rows = 2, near_views = 1;

/// Rounds of one batch for every view, each with an address of its own.
class Rounds {
 public:
  static constexpr std::int64_t batch = 10'000;  ///< histories

  Rounds(Setup setup, const Stream& stream, Isa isa)
      : setup_(std::move(setup)),
        stream_(stream),
        isa_(isa),
        media_(setup_.object.materials),
        prepared_(detail::prepare(setup_, media_)),
        views_(setup_.geometry.views()),
        cells_(std::size_t(setup_.detector->columns * setup_.detector->rows)),
        tallies_(std::size_t(views_)) {
    for (Tally& t : tallies_)
      for (auto* sums : {&t.scatter, &t.squares, &t.energy_square}) sums->assign(cells_, 0.0);
  }

  std::int64_t rounds() const { return rounds_; }
  std::int64_t histories() const { return rounds_ * views_ * batch; }

  void run(std::int64_t more) {
    // A view's batches one after the other: sums do not depend on the threads.
    parallel_for(views_, [&](Index view) {
      for (std::int64_t r = rounds_; r < rounds_ + more; ++r) add(view, carry(view, r));
    });
    rounds_ += more;
  }

  /// Root mean square of the smoothed cells' standard errors over their mean.
  double relative_error(const ScatterMaps& guide) const {
    const double n = double(rounds_);
    double mean = 0.0, variance = 0.0;
    each_cell([&](Index view, std::size_t cell) {
      double here = 0.0, error = 0.0, guided = 0.0;
      near(view, cell, [&](const Tally& t, std::size_t i, std::size_t place) {
        const double x = t.scatter[i] / n;
        here += x;
        error += std::max(0.0, t.squares[i] / n - x * x) / (n - 1.0);
        guided += guide.mean[place];
      });
      const double share =
          guided > 0.0 ? guide.mean[std::size_t(view) * cells_ + cell] / guided : 0.0;
      mean += here * share;
      variance += error * share * share;
    });
    const double count = double(cells_) * double(views_);
    return mean > 0.0 ? std::sqrt(variance / count) / (mean / count)
                      : std::numeric_limits<double>::infinity();
  }

  /// Per mAs and cell of the scanner's detector.
  ScatterMaps maps(const ScatterMaps& guide) const {
    const CoarseDetector& d = *setup_.detector;
    const double fine = double(setup_.geometry.columns) / double(d.columns) *
                        double(setup_.geometry.rows) / double(d.rows);
    const double factor =
        setup_.source.photons_per_mas * d.fill_factor / (fine * double(batch) * double(rounds_));
    ScatterMaps out = guide;
    each_cell([&](Index view, std::size_t cell) {
      double scatter = 0.0, squares = 0.0, guided = 0.0, guided_squares = 0.0;
      near(view, cell, [&](const Tally& t, std::size_t i, std::size_t place) {
        scatter += t.scatter[i];
        squares += t.energy_square[i];
        guided += guide.mean[place];
        guided_squares += guide.square[place];
      });
      const std::size_t place = std::size_t(view) * cells_ + cell;
      if (guided > 0.0) out.mean[place] *= factor * scatter / guided;
      if (guided_squares > 0.0) out.square[place] *= factor * squares / guided_squares;
    });
    return out;
  }

 private:
  template <class Each>
  void each_cell(Each each) const {
    for (Index view = 0; view < views_; ++view)
      for (std::size_t cell = 0; cell < cells_; ++cell) each(view, cell);
  }

  template <class Each>
  void near(Index view, std::size_t cell, Each each) const {
    const CoarseDetector& d = *setup_.detector;
    const Index column = Index(cell) / d.rows, row = Index(cell) % d.rows;
    for (Index v = std::max<Index>(0, view - near_views);
         v <= std::min(views_ - 1, view + near_views); ++v)
      for (Index c = std::max<Index>(0, column - near_columns);
           c <= std::min(d.columns - 1, column + near_columns); ++c)
        for (Index r = std::max<Index>(0, row - near_rows);
             r <= std::min(d.rows - 1, row + near_rows); ++r) {
          const auto i = std::size_t(c * d.rows + r);
          each(tallies_[std::size_t(v)], i, std::size_t(v) * cells_ + i);
        }
  }

  std::vector<double> carry(Index view, std::int64_t round) const {
    std::vector<double> sums(2 + prepared_.masses.size() + std::size_t(detail::orders) * cells_);
    detail::Job job = prepared_.job;
    job.key[0] = std::uint32_t(stream_.key);
    job.key[1] = std::uint32_t(stream_.key >> 32);
    job.draw = std::uint32_t(stream_.draw);
    job.first = std::uint64_t((round * views_ + view) * batch);
    job.count = std::uint64_t(batch);
    job.views += view;
    job.view_count = 1;
    job.emitted = sums.data();
    job.escaped = sums.data() + 1;
    job.region = sums.data() + 2;
    job.cell = sums.data() + 2 + prepared_.masses.size();
    detail::kernels(isa_).carry(job);
    sums.erase(sums.begin(), sums.begin() + 2 + std::ssize(prepared_.masses));
    return sums;
  }

  void add(Index view, const std::vector<double>& sums) {
    Tally& t = tallies_[std::size_t(view)];
    for (std::size_t i = 0; i < cells_; ++i) {
      double scatter = 0.0;
      for (int order = detail::single_compton; order <= detail::multiple; ++order)
        scatter += sums[std::size_t(order) * cells_ + i];
      t.scatter[i] += scatter;
      t.squares[i] += scatter * scatter;
      t.energy_square[i] += sums[std::size_t(detail::energy_square) * cells_ + i];
    }
  }

  Setup setup_;
  Stream stream_;
  Isa isa_;
  Media media_;
  detail::Prepared prepared_;
  Index views_;
  std::size_t cells_;
  std::int64_t rounds_ = 0;
  std::vector<Tally> tallies_;
};

}  // namespace

ScatterMaps scatter_views(const Object& object, const Scanner& scanner, double kv,
                          const ScanGeometry& scan, const ScatterMaps& guide,
                          const CoarseDetector& detector, const Precision& precision,
                          const Stream& stream, Isa isa) {
  require(precision.relative > 0.0 && precision.most > 0, Error::Kind::input,
          "a relative error of ", precision.relative, " within ", precision.most,
          " histories is wanted (both must be positive)");
  const auto& views = guide.views;
  VITRINE_EXPECT(guide.columns == detector.columns && guide.rows == detector.rows);
  Setup setup;
  setup.object = object;
  setup.source = scanner_source(scanner, kv);
  setup.geometry = physics::detail::part_of(scan, views);
  setup.detector = detector;
  Rounds run(std::move(setup), stream, isa);

  const std::int64_t round = std::ssize(views) * Rounds::batch;
  const std::int64_t most = precision.most / round;
  constexpr std::int64_t first = 4;  // batches whose spread tells the error of all cells together
  require(most >= first, Error::Kind::input, "the scatter on ", scanner.name, " needs ",
          double(first * round), " histories at least for ", views.size(), " views (",
          double(precision.most), " are allowed). Allow more, or use the kernel model.");
  std::int64_t next = first;
  while (true) {
    run.run(std::min(next, most - run.rounds()));
    const double error = run.relative_error(guide), ratio = error / precision.relative;
    if (ratio <= 1.0) break;
    const double so_far = double(run.rounds());
    require(run.rounds() < most, Error::Kind::input, "the scatter on ", scanner.name,
            " is known to ", 100.0 * error, " % after ", double(run.histories()), " histories (",
            100.0 * precision.relative, " % are asked for, and no more than ",
            double(precision.most), " histories allowed). Allow about ",
            1.1 * double(run.histories()) * ratio * ratio, ", ask for ", 105.0 * error,
            " %, or use the kernel model.");
    const double wanted = std::isfinite(ratio) ? so_far * (1.05 * ratio * ratio - 1.0) : so_far;
    next = std::int64_t(std::ceil(std::clamp(wanted, 1.0, 4.0 * so_far)));
  }
  return run.maps(guide);
}

}  // namespace vitrine::physics::carlo
