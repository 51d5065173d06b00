package worker_test

const processVariable = "SHUANGZE_TEST_WORKER"

func workerProcess() int { return 0 }
