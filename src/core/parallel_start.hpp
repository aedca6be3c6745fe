#pragma once

namespace vitrine {

/// Start the threads that `parallel_for` uses; without this the first use does. OpenMP ends the
/// process where it cannot start one; here that is an Error (io).
void start_threads();

}  // namespace vitrine
