-- temperature.lua - what run:temperature() does: a calibrated copy of a run's predictions, without training.

local temperature = {}

local result = {}
function result:__tostring()
    return ("temperature of %s: T = %.4f%s, NLL on valid %.4f -> %.4f, on test %.4f, ECE %.2f %%"):format(
        self.from, self.t, self.at_bound and " (at the bound of the search)" or "", self.nll_before,
        self.nll_valid, self.scores.nll, 100 * self.scores.ece)
end

function result:__json()
    local scores = self.scores
    return { method = self.method, from = self.from, t = self.t, at_bound = self.at_bound, scores = scores }
end

-- T fitted on the validation predictions to convergence, applied to the test predictions.
function temperature.of(run)
    local fit = calib.fit("temperature", run:predict "valid")
    local predictions = calib.apply(fit, run:predict "test")
    return setmetatable({
        method = "temperature", from = run.name, run = run, t = fit.t, at_bound = fit.at_bound,
        nll_before = fit.nll_before, nll_valid = fit.nll, predictions = predictions,
        scores = calib.report(predictions),
    }, result)
end

return temperature
